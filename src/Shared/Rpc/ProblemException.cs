namespace Slipway.Shared.Rpc;

/// <summary>Carries a <see cref="Rpc.Problem"/> from where it was found to the edge that reports it.</summary>
public sealed class ProblemException(Problem problem, Exception? inner = null) : Exception(problem?.Message, inner)
{
    public Problem Problem { get; } = problem ?? throw new ArgumentNullException(nameof(problem));
}
