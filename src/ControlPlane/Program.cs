return await Slipway.ControlPlane.Hosting.RunCommand.InvokeAsync(args, Slipway.ControlPlane.ControlPlaneApp.Build);
