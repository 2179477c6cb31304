using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Slipway.ControlPlane.Messaging;

internal static class MessagingSlice
{
    public static IServiceCollection AddMessaging(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<ReplicaBus>(provider => new(provider.GetService<RedisHintBus>()));
        var redis = configuration.GetSection(RedisOptions.Section);
        if (string.IsNullOrEmpty(redis[nameof(RedisOptions.Configuration)]))
        {
            services.TryAddSingleton<IHintBus, InProcessHintBus>();
            return services;
        }

        services.AddOptions<RedisOptions>().BindConfiguration(RedisOptions.Section);
        services.AddSingleton<RedisHintBus>();
        services.AddSingleton<IHintBus>(provider => provider.GetRequiredService<RedisHintBus>());
        return services.AddHostedService(provider => provider.GetRequiredService<RedisHintBus>());
    }
}
