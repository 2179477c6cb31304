using Slipway.Agent.Supervisor;

namespace Slipway.Agent.Starter;

/// <summary>Finds what cannot be done before anything is begun.</summary>
internal static class StarterCheck
{
    /// <exception cref="StarterException">Something is missing or does not fit.</exception>
    public static StarterOptions Check(StarterOptions options)
    {
        var wrong = options.Verb switch
        {
            StarterVerb.Start => Find(options),
            StarterVerb.Restart when options.PidFile is null || options.StatusFile is null =>
                "--restart option requires --pid-file and --status-file to be set as well",
            StarterVerb.Stop when options.PidFile is null => "--stop option requires --pid-file to be set as well",
            _ => null,
        };
        return wrong is null ? options : throw new StarterException(wrong);
    }

    private static string? Find(StarterOptions options)
    {
        if (options is { IsDaemon: true, LogFile: null })
        {
            return "--log-file option must be specified together with --daemonize";
        }

        if (options.Command.Count == 0)
        {
            return "server program not specified";
        }

        foreach (var signal in (string[])[options.SignalOnHup, options.SignalOnTerm])
        {
            if (SignalTable.NumberOf(signal) is null)
            {
                return $"unknown signal: {signal}; give a name such as TERM or USR1, or a number";
            }
        }

        if (options.Ready is not (StarterReadiness.Interval or StarterReadiness.Notify or StarterReadiness.Tcp))
        {
            return $"unknown value for --ready: {options.Ready}; give interval, notify or tcp";
        }

        return options.Paths.FirstOrDefault(path => path.Contains(';') || path.Contains('=')) is { } path
            ? $"invalid ``path'' value:{path}; SERVER_STARTER_PORT has no way to say ; or ="
            : null;
    }
}
