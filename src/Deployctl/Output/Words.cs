using Google.Protobuf.Reflection;
using Slipway.Shared.Manifests;

namespace Slipway.Deployctl.Output;

/// <summary>The words that stand for an enum's values on the command line and in output.</summary>
internal static class Words
{
    public static IEnumerable<string> Of(FileDescriptor file, string enumeration) =>
        Find(file, enumeration).Values.Where(value => value.Number != 0).Select(EnumWord.Of);

    public static int NumberOf(FileDescriptor file, string enumeration, string word) =>
        Find(file, enumeration).Values.Single(value => EnumWord.Of(value) == word).Number;

    private static EnumDescriptor Find(FileDescriptor file, string enumeration) =>
        file.EnumTypes.Single(type => type.Name == enumeration);
}
