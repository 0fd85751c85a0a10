using System.Globalization;
using Starling.Client.Jobs;

namespace Starling.Cli.Commands.Show;

/// <summary>Cells that all job tables share.</summary>
internal static class JobText
{
    /// <summary>STATE: Running, Finished, Aborted, Idle, with the reason where there is one.</summary>
    public static string State(JobSnapshot job) =>
        job.IsAborted ? job.AbortError is "" or "user abort" ? "Aborted by user" : $"Aborted: \"{job.AbortError}\""
        : job.End is not null ? job.Error.Length > 0 ? $"Finished with errors: \"{job.Error}\"" : "Finished"
        : job.IsIdle ? "Idle"
        : "Running";

    /// <summary>As the other, of a time as the wire has it.</summary>
    public static string Time(CliSession session, string wire) => Time(
        session, DateTimeOffset.TryParse(wire, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) && time.Year > 1 ? time : null);

    /// <summary>Local time of day, with the date when asked for; a dash when unset.</summary>
    public static string Time(CliSession session, DateTimeOffset? time)
    {
        if (time is null)
        {
            return "-";
        }

        var local = TimeZoneInfo.ConvertTime(time.Value, session.Environment.Time.LocalTimeZone);
        return session.Has(session.Flags.DateTime)
            ? local.ToString("MMM ", CultureInfo.InvariantCulture) + local.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2) + local.ToString(" HH:mm:ss", CultureInfo.InvariantCulture)
            : local.ToString("HH:mm:ss", CultureInfo.InvariantCulture);
    }
}
