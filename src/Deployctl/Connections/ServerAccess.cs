using Grpc.Core;
using Slipway.Deployctl.Output;
using Slipway.Shared.Rpc;

namespace Slipway.Deployctl.Connections;

/// <summary>Which control plane to ask, as whom, and which authority (PEM) vouches for it.</summary>
/// <remarks>Without an authority it is fetched, and compared with the token's digest.</remarks>
internal sealed record ServerAccess(Uri Server, AccessToken Token, string? Authority)
{
    public string? ContextName { get; init; }

    /// <summary>Options win over variables, and variables over the context that was logged in to.</summary>
    public static ServerAccess Resolve(Terminal terminal, AccessOptions options)
    {
        var server = options.Server ?? (options.Context is null ? ServerVariable(terminal) : null);
        var token = TokenFromFile(options.TokenFile)
            ?? (options.Context is null ? TokenFromVariables(terminal) : null);
        if (server is not null && token is not null)
        {
            return new(server, token, Authority: null);
        }

        var entry = EntryFor(terminal, options, server);
        if (token is not null)
        {
            var stored = AccessToken.Parse(entry.Token, $"the context '{entry.Name}'");
            var isSame = token.AuthorityDigest == stored.AuthorityDigest;
            return new(entry.Server, token, isSame ? entry.Authority : null) { ContextName = entry.Name };
        }

        return new(entry.Server, AccessToken.Parse(entry.Token, $"the context '{entry.Name}'"), entry.Authority)
        {
            ContextName = entry.Name,
        };
    }

    /// <summary>The token of the option, or of the variables.</summary>
    public static AccessToken? TokenFrom(Terminal terminal, string? file) =>
        TokenFromFile(file) ?? TokenFromVariables(terminal);

    /// <summary>An address such as <c>https://host:7443</c>; plain text only to this very machine.</summary>
    public static Uri ParseAddress(string text, string from)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var address)
            || address.Scheme is not ("https" or "http")
            || address.PathAndQuery is not "/")
        {
            throw new ProblemException(new Problem(
                StatusCode.InvalidArgument,
                "INVALID_ADDRESS",
                $"{from}: '{text}' is no address of a control plane; write https://HOST:PORT"));
        }

        return address.Scheme == "https" || address.IsLoopback
            ? address
            : throw new ProblemException(new Problem(
                StatusCode.InvalidArgument,
                "PLAIN_TEXT_REFUSED",
                $"{from}: a token is sent in plain text only to this machine; write https://{address.Authority}"));
    }

    private static ContextEntry EntryFor(Terminal terminal, AccessOptions options, Uri? server)
    {
        var file = ContextFile.Load(terminal);
        if (server is not null && options.Context is null)
        {
            return file.Entries.FirstOrDefault(entry => entry.Server == server) ?? throw NotLoggedIn(
                $"there is no token for {server}: give --token-file, set SLIPWAY_TOKEN or SLIPWAY_TOKEN_FILE, "
                + $"or run deployctl login {server}");
        }

        var name = options.Context ?? terminal.Variable("SLIPWAY_CONTEXT") ?? file.Current ?? throw NotLoggedIn(
            "no control plane is chosen: run deployctl login https://HOST:PORT, "
            + "or set SLIPWAY_SERVER and SLIPWAY_TOKEN");
        var found = file.Find(name);
        return server is null ? found : found with { Server = server };
    }

    private static ProblemException NotLoggedIn(string message) =>
        new(new Problem(StatusCode.Unauthenticated, "NOT_LOGGED_IN", message));

    private static Uri? ServerVariable(Terminal terminal) =>
        terminal.Variable("SLIPWAY_SERVER") is { } text ? ParseAddress(text, "SLIPWAY_SERVER") : null;

    private static AccessToken? TokenFromFile(string? file) =>
        file is null ? null : AccessToken.Parse(File.ReadAllText(file), file);

    private static AccessToken? TokenFromVariables(Terminal terminal) =>
        terminal.Variable("SLIPWAY_TOKEN") is { } token
            ? AccessToken.Parse(token, "SLIPWAY_TOKEN")
            : TokenFromFile(terminal.Variable("SLIPWAY_TOKEN_FILE"));
}

/// <summary>What the command line says about the control plane.</summary>
internal sealed record AccessOptions(Uri? Server, string? TokenFile, string? Context);
