if (Slipway.Agent.Starter.StarterCall.Find(args) is { } call)
{
    return await Slipway.Agent.Starter.StarterRole.RunAsync(call);
}

return args is ["supervisor", .. var rest]
    ? Slipway.Agent.Supervisor.SupervisorRole.Run(rest)
    : await Slipway.Agent.Config.AgentCommand.RunAsync(args);
