namespace Starling.Gateway;

/// <summary>How long the services wait before they say that they do not know.</summary>
public static class Deadlines
{
    /// <summary>For a command to be committed and applied here: longer than an election, shorter than the 20 s after which known clients stop reading.</summary>
    public static TimeSpan Proposal { get; } = TimeSpan.FromSeconds(15);

    /// <summary>For the leader to confirm itself.</summary>
    public static TimeSpan ReadIndex { get; } = TimeSpan.FromSeconds(5);
}
