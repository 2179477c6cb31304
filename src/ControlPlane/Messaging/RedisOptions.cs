namespace Slipway.ControlPlane.Messaging;

/// <summary>Where Redis is; without it, hints stay within the process.</summary>
internal sealed class RedisOptions
{
    public const string Section = "Redis";

    /// <summary>As StackExchange.Redis writes it, such as <c>redis.internal:6379,password=...,ssl=true</c>.</summary>
    public string? Configuration { get; set; }
}
