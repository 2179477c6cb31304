using System.Text;

namespace Slipway.Agent.Supervisor;

/// <summary>What a supervisor tells the process that is to become the program.</summary>
internal sealed record LaunchOrder(
    string WorkingDirectory,
    string Path,
    IReadOnlyList<string> Arguments,
    IReadOnlyList<string> Environment,
    int ListenCount)
{
    /// <summary>Where the launcher finds the order; then it becomes /dev/null.</summary>
    public const int OrderDescriptor = 0;

    public const int FirstListenDescriptor = 3;

    /// <summary>Whether the program gets the launcher's limit of open files, and SIGPIPE ignored.</summary>
    public bool IsWorker { get; init; }

    public LaunchConfinement Confinement { get; init; } = new();

    /// <summary>Where the launcher waits for the word to go on, and tells why it could not.</summary>
    public int GateDescriptor => FirstListenDescriptor + ListenCount;

    public byte[] Write()
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes, Encoding.UTF8);
        writer.Write(WorkingDirectory);
        writer.Write(Path);
        WriteAll(writer, Arguments);
        WriteAll(writer, Environment);
        writer.Write(ListenCount);
        writer.Write(IsWorker);
        Confinement.Write(writer);
        writer.Flush();
        return bytes.ToArray();
    }

    public static LaunchOrder Read(Stream order)
    {
        using var reader = new BinaryReader(order, Encoding.UTF8);
        return new LaunchOrder(
            reader.ReadString(), reader.ReadString(), ReadAll(reader), ReadAll(reader), reader.ReadInt32())
        {
            IsWorker = reader.ReadBoolean(),
            Confinement = LaunchConfinement.Read(reader),
        };
    }

    private static void WriteAll(BinaryWriter writer, IReadOnlyList<string> texts)
    {
        writer.Write(texts.Count);
        foreach (var text in texts)
        {
            writer.Write(text);
        }
    }

    private static string[] ReadAll(BinaryReader reader)
    {
        var texts = new string[reader.ReadInt32()];
        for (var i = 0; i < texts.Length; i++)
        {
            texts[i] = reader.ReadString();
        }

        return texts;
    }
}
