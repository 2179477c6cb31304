using Slipway.Deployctl.Output;

namespace Slipway.Deployctl.Invocations;

/// <summary>What all commands share: the terminal and the options that each of them takes.</summary>
internal sealed record Shell(Terminal Terminal, GlobalOptions Globals);
