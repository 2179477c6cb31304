if (Slipway.Agent.Starter.StarterRole.ArgumentsOf(args) is { } arguments)
{
    return await Slipway.Agent.Starter.StarterRole.RunAsync(arguments);
}

return args is ["supervisor", .. var rest]
    ? Slipway.Agent.Supervisor.SupervisorRole.Run(rest)
    : await Slipway.Agent.Config.AgentCommand.RunAsync(args);
