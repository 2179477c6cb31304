namespace Slipway.Agent.Hosting;

/// <summary>The few things of the whole process that modules ask for by type.</summary>
internal sealed class ServiceTable : IServiceProvider
{
    private readonly Dictionary<Type, object> _services = [];

    public ServiceTable Add<T>(T service)
        where T : class
    {
        _services.Add(typeof(T), service);
        return this;
    }

    public object? GetService(Type serviceType) => _services.GetValueOrDefault(serviceType);
}
