namespace Starling.Cli.Output;

/// <summary>The four colours of the tool, bright variants.</summary>
internal enum Colour
{
    /// <summary>As the terminal has it.</summary>
    None = 0,

    /// <summary>Errors and "do not disconnect".</summary>
    Red = 91,

    /// <summary>All is well.</summary>
    Green = 92,

    /// <summary>Notes and titles.</summary>
    Blue = 94,

    /// <summary>Warnings and "safe".</summary>
    Cyan = 96,
}
