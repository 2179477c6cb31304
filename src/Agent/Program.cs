return args is ["supervisor", .. var rest]
    ? Slipway.Agent.Supervisor.SupervisorRole.Run(rest)
    : await Slipway.Agent.Config.AgentCommand.RunAsync(args);
