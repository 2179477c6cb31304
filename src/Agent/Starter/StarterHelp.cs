namespace Slipway.Agent.Starter;

/// <summary>What --help prints.</summary>
internal static class StarterHelp
{
    public const string Text =
        """
        Usage:
          start_server [options] -- server-prog server-arg1 server-arg2 ...

          # Plack on Starlet, listening at TCP port 8000
          start_server --port=8000 -- plackup -s Starlet --max-workers=100 index.psgi

        Options of Server::Starter:
          --port=(port|host:port|port=fd|host:port=fd)
              a TCP port to listen to, or a UDP port with u before its number (u443); may be given several times.
              Without a host all IPv4 addresses; IPv6 in brackets ([::1]:8080). With fd the server program finds the
              socket at that descriptor
          --path=path
              a unix socket to listen to; may be given several times
          --dir=path
              where the server program runs
          --interval=seconds
              how long a new worker has to live before it counts as up, and the pause between attempts (default: 1)
          --signal-on-hup=Signal
              what tells the old workers to finish after a restart (default: TERM)
          --signal-on-term=Signal
              what tells the workers to finish when start_server gets SIGTERM (default: TERM)
          --pid-file=filename
              a file for the process id; it is locked as long as start_server runs
          --status-file=filename
              a file with a line GENERATION:PID for each worker that serves
          --envdir=Envdir
              a directory whose files are environment variables; read anew for each worker (ENVDIR)
          --log-file=file, --log-file="| cmd args..."
              where the output of start_server and of the workers goes
          --daemonize
              goes into the background; returns when the first worker is up. Needs --log-file
          --enable-auto-restart
              restarts from time to time by itself (ENABLE_AUTO_RESTART)
          --auto-restart-interval=seconds
              how often (default: 360; AUTO_RESTART_INTERVAL)
          --kill-old-delay=seconds
              how long old workers serve on beside a new one that is up (default: 0, or 5 with
              --enable-auto-restart; KILL_OLD_DELAY)
          --backlog=size
              the length of the accept queues (default: what the kernel allows)
          --restart
              restarts the start_server of --pid-file; returns when, by --status-file, new workers serve alone
          --stop
              stops the start_server of --pid-file; returns when it has ended
          --help
              prints this
          --version
              prints the version of Server::Starter that this one stands in for

        Options that only this start_server has (they cannot be abbreviated):
          --ready=(interval|notify|tcp)
              when a new worker counts as up: it lived for --interval, it said READY=1 on NOTIFY_SOCKET, or it
              accepted a connection on the first TCP port (default: interval)
          --ready-timeout=seconds
              how long notify and tcp may take (default: 60)
          --kill-timeout=seconds
              kills an old worker that takes longer than this to finish (default: never)
          --timeout=seconds
              how long --restart and --stop wait (default: for ever)
          --listen-fds
              tells the workers of their sockets by LISTEN_FDS, too

        Times may have fractions. Signals: HUP restarts, TERM, INT and QUIT stop, USR1 opens the log file anew, USR2
        makes start_server the program that now stands where it was started, without a restart of the workers.

        """;
}
