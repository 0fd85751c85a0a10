namespace Starling.Cli.Commands.Buckets;

/// <summary>Flag bits of a listing request.</summary>
internal static class ListFlags
{
    public const ulong Missing = 1 << 1;
    public const ulong NameOnly = 1 << 4;
    public const ulong NameAndSize = 1 << 5;
    public const ulong NoRecursion = 1 << 11;
}
