namespace Starling.Protocol.Operations.Guards;

/// <summary>G7: jobs that move or rewrite objects do not run beside a change of membership.</summary>
internal static class Jobs
{
    public const string Name = "jobs";

    public static string? Refuse(GuardQuestion question)
    {
        if (question.Leaving.IsEmpty)
        {
            return null;
        }

        var busy = question.Facts.Nodes.FirstOrDefault(n => n.Jobs.Length > 0);
        return busy is null ? null : $"target {busy.Id} runs {string.Join(", ", busy.Jobs)}: wait for it or stop it";
    }
}
