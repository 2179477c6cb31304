namespace Tests.Integration.Deployctl;

/// <summary>Somebody who reads a line and presses Ctrl-C.</summary>
internal sealed class InterruptingWriter(CancellationTokenSource interrupt) : StringWriter
{
    public override void WriteLine(string? value)
    {
        base.WriteLine(value);
        interrupt.Cancel();
    }
}
