using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace Slipway.ControlPlane.Identity;

/// <summary>The name of an agent in its certificate: <c>spiffe://slipway/agent/&lt;uuid&gt;</c>.</summary>
internal readonly record struct AgentIdentity(Guid Id)
{
    private const string SubjectAlternativeName = "2.5.29.17";
    private const string Prefix = "spiffe://slipway/agent/";

    // uniformResourceIdentifier of GeneralName, RFC 5280, 4.2.1.6.
    private static readonly Asn1Tag UriTag = new(TagClass.ContextSpecific, 6);

    /// <summary>Null unless the certificate names exactly one agent.</summary>
    public static AgentIdentity? Of(X509Certificate2 certificate)
    {
        var uris = certificate.Extensions
            .Where(extension => extension.Oid?.Value == SubjectAlternativeName)
            .SelectMany(extension => UrisIn(extension.RawData))
            .ToList();
        return uris is [var uri]
            && uri.StartsWith(Prefix, StringComparison.Ordinal)
            && Guid.TryParseExact(uri[Prefix.Length..], "D", out var id)
            ? new AgentIdentity(id)
            : null;
    }

    public Uri ToUri() => new($"{Prefix}{Id:D}");

    private static List<string> UrisIn(byte[] extension)
    {
        var uris = new List<string>();
        var names = new AsnReader(extension, AsnEncodingRules.DER).ReadSequence();
        while (names.HasData)
        {
            if (names.PeekTag() == UriTag)
            {
                uris.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, UriTag));
            }
            else
            {
                names.ReadEncodedValue();
            }
        }

        return uris;
    }
}
