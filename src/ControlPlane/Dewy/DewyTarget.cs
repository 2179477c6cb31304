using Grpc.Core;
using Slipway.Shared.Rpc;

namespace Slipway.ControlPlane.Dewy;

/// <summary>The environment that a Dewy host gets: it is never named in a request.</summary>
internal sealed record DewyTarget(string Application, string Environment)
{
    /// <summary>The listener's own, or the first two labels of the name that the host connected to.</summary>
    /// <exception cref="ProblemException">INVALID_FIELD, when neither says it.</exception>
    public static DewyTarget Of(DewyListener listener, string authority)
    {
        if (listener.Application.Length > 0)
        {
            return new DewyTarget(listener.Application, listener.Environment);
        }

        return authority.Split(':')[0].Split('.') is [{ Length: > 0 } application, { Length: > 0 } environment, _, ..]
            && !char.IsAsciiDigit(application[0])
            ? new DewyTarget(application, environment)
            : throw new ProblemException(new Problem(
                StatusCode.InvalidArgument,
                "INVALID_FIELD",
                $"authority: '{authority}' does not say which environment is meant; connect to "
                + "grpc://APPLICATION.ENVIRONMENT.HOST:PORT, or name both for this address in Dewy:Listeners."));
    }
}
