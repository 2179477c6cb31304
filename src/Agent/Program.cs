return await Slipway.Agent.Config.AgentCommand.RunAsync(args);
