namespace Slipway.Shared.Rpc;

/// <summary>Collects everything that is wrong with a request, so that a person hears of it at once.</summary>
public sealed class FieldViolations
{
    private readonly List<FieldViolation> _found = [];

    public IReadOnlyList<FieldViolation> Found => _found;

    /// <param name="field">The field's path, such as <c>server.listen[0].address</c>.</param>
    /// <param name="message">What is wrong and what would be right, as a sentence's end without a full stop.</param>
    public void Add(string field, string message) => _found.Add(new(field, message));

    /// <summary>Notes the violation unless <paramref name="isRight"/>, which it gives back.</summary>
    public bool Check(bool isRight, string field, string message)
    {
        if (!isRight)
        {
            Add(field, message);
        }

        return isRight;
    }

    /// <exception cref="ProblemException">INVALID_FIELD, with everything that was found.</exception>
    public void ThrowIfAny()
    {
        if (_found.Count > 0)
        {
            throw new ProblemException(Problem.InvalidFields(_found));
        }
    }
}

/// <summary>One field that is wrong: its path, and what is wrong with it and what would be right.</summary>
public sealed record FieldViolation(string Field, string Message);
