await Slipway.ControlPlane.ControlPlaneApp.Build(WebApplication.CreateBuilder(args)).RunAsync();
