namespace Slipway.Deployctl.Output;

/// <summary>How results are written: for people, or for programs.</summary>
internal enum OutputFormat
{
    Table,
    Json,
    Yaml,
}
