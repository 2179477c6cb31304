using System.Text;

namespace Slipway.Deployctl.Output;

/// <summary>Where the program reads and writes, and what it may know of its surroundings.</summary>
internal sealed record Terminal(TextReader In, TextWriter Out, TextWriter Error)
{
    /// <summary>Whether a person types.</summary>
    public bool IsInputInteractive { get; init; }

    /// <summary>Whether a person looks at the output, so that a line may be written over.</summary>
    public bool IsOutputInteractive { get; init; }

    public bool IsErrorInteractive { get; init; }

    /// <summary>Reads an environment variable; an empty one counts as absent.</summary>
    public Func<string, string?> Variable { get; init; } = static _ => null;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public static Terminal OfProcess() => new(Console.In, Console.Out, Console.Error)
    {
        IsInputInteractive = !Console.IsInputRedirected,
        IsOutputInteractive = !Console.IsOutputRedirected,
        IsErrorInteractive = !Console.IsErrorRedirected,
        Variable = static name => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null,
    };

    /// <summary>Asks for a line that must not be shown, such as a token; from a pipe it is the first line.</summary>
    public async Task<string?> ReadSecretAsync(string prompt, CancellationToken cancellationToken)
    {
        if (!IsInputInteractive)
        {
            return await In.ReadLineAsync(cancellationToken);
        }

        await Error.WriteAsync(prompt.AsMemory(), cancellationToken);
        var secret = new StringBuilder();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key == ConsoleKey.Backspace)
            {
                secret.Length = Math.Max(0, secret.Length - 1);
            }
            else if (!char.IsControl(key.KeyChar))
            {
                secret.Append(key.KeyChar);
            }
        }

        await Error.WriteLineAsync();
        return secret.ToString();
    }

    /// <summary>Asks a yes-or-no question; without a terminal the answer is yes: nobody could give it.</summary>
    public async Task<bool> ConfirmAsync(string question, CancellationToken cancellationToken)
    {
        if (!IsInputInteractive || !IsErrorInteractive)
        {
            return true;
        }

        await Error.WriteAsync($"{question} [y/N] ".AsMemory(), cancellationToken);
        var answer = await In.ReadLineAsync(cancellationToken);
        return answer is not null && answer.Trim() is ['y' or 'Y', ..];
    }
}
