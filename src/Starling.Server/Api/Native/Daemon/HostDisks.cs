using System.Globalization;

namespace Starling.Server.Api.Native.Daemon;

/// <summary>Filesystems and disks behind device numbers, as the kernel tells them.</summary>
internal static class HostDisks
{
    /// <summary>Source and type of each mounted filesystem, by its device number as <c>major:minor</c>.</summary>
    public static Dictionary<string, (string Source, string Type)> Mounts()
    {
        var result = new Dictionary<string, (string, string)>(StringComparer.Ordinal);
        foreach (var line in File.ReadLines("/proc/self/mountinfo"))
        {
            // 36 35 98:0 /root /mount/point options [optional fields] - type source options
            var fields = line.Split(' ');
            var dash = Array.IndexOf(fields, "-", 6);
            if (dash > 0 && dash + 2 < fields.Length)
            {
                result.TryAdd(fields[2], (fields[dash + 2], fields[dash + 1]));
            }
        }

        return result;
    }

    /// <summary>Device number as files under <c>/sys</c> and <c>/proc</c> spell it.</summary>
    public static string Number(ulong device) => string.Create(CultureInfo.InvariantCulture, $"{device >> 32}:{(uint)device}");

    /// <summary>Names of the disks that carry a block device; empty for a filesystem without one, such as tmpfs or an overlay.</summary>
    public static string[] Disks(string number)
    {
        var link = Path.Combine("/sys/dev/block", number);
        if (!Directory.Exists(link) || Directory.ResolveLinkTarget(link, returnFinalTarget: true) is not DirectoryInfo device)
        {
            return [];
        }

        // A device that maps others (LVM, RAID, encryption) names them; a partition lies in the directory of its disk.
        var carriers = new DirectoryInfo(Path.Combine(device.FullName, "slaves"));
        var below = carriers.Exists ? carriers.GetFileSystemInfos() : [];
        return below.Length > 0
            ? [.. below.SelectMany(one => Disks(File.ReadAllText(Path.Combine(one.FullName, "dev")).Trim())).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)]
            : [File.Exists(Path.Combine(device.FullName, "partition")) ? device.Parent!.Name : device.Name];
    }
}
