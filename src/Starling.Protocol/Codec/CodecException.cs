namespace Starling.Protocol.Codec;

/// <summary>Bytes that are not what they should be: cut off, damaged, or of a newer format. The only thing that reading throws.</summary>
public sealed class CodecException : Exception
{
    /// <summary>Says what was read and what is wrong with it.</summary>
    public CodecException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
