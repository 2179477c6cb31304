namespace Tests.Kit.Load;

/// <summary>One answer, read to its end.</summary>
public sealed record LoadAnswer(int Status, string Body, bool KeepsAlive);
