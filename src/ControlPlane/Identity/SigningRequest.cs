using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Slipway.Shared.Rpc;

namespace Slipway.ControlPlane.Identity;

/// <summary>The key that an agent asks a certificate for; the signature proves that it has the private half.</summary>
internal sealed record SigningRequest(PublicKey Key)
{
    private const string P256 = "1.2.840.10045.3.1.7";

    public byte[] KeyHash => SHA256.HashData(Key.ExportSubjectPublicKeyInfo());

    /// <exception cref="ProblemException">CSR_INVALID: nothing that a certificate can be made from.</exception>
    public static SigningRequest Parse(ReadOnlySpan<byte> der)
    {
        try
        {
            var request = CertificateRequest.LoadSigningRequest(der.ToArray(), HashAlgorithmName.SHA256);
            using var key = request.PublicKey.GetECDsaPublicKey();
            if (key?.ExportParameters(includePrivateParameters: false).Curve.Oid.Value == P256)
            {
                return new SigningRequest(request.PublicKey);
            }
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            throw Invalid(exception);
        }

        throw Invalid(inner: null);
    }

    private static ProblemException Invalid(Exception? inner) => new(
        new Problem(
            StatusCode.InvalidArgument,
            "CSR_INVALID",
            "certificate_request: must be a signed PKCS #10 request in DER for an ECDSA key on P-256."),
        inner);
}
