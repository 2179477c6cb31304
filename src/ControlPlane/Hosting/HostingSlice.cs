namespace Slipway.ControlPlane.Hosting;

internal static class HostingSlice
{
    public static IServiceCollection AddHosting(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<HostingOptions, HostingOptionsValidator>()
            .BindConfiguration(HostingOptions.Section);
        services.AddSingleton(TimeProvider.System);
        return services;
    }
}
