return await Slipway.Deployctl.DeployctlApp.RunAsync(
    args, Slipway.Deployctl.Output.Terminal.OfProcess(), CancellationToken.None);
