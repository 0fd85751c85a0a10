using System.Diagnostics;
using System.Globalization;
using System.Text;
using Starling.Playground.Nodes;

namespace Starling.Playground.Bench;

/// <summary>
/// nginx serving the same objects as plain files under the same URLs, so that the same load generator measures both: GET by sendfile, PUT by its DAV module.
/// The bucket calls that the generator makes are answered from prepared files.
/// </summary>
internal sealed class NginxServer : IAsyncDisposable
{
    private readonly string root;
    private readonly Process process;

    private NginxServer(string root, int port, Process process)
    {
        this.root = root;
        Port = port;
        this.process = process;
    }

    public int Port { get; }

    public static bool IsInstalled => Environment.GetEnvironmentVariable("PATH")!.Split(':').Append("/usr/sbin").Any(folder => File.Exists(Path.Combine(folder, "nginx")));

    public static NginxServer Start(string root, int port)
    {
        Directory.CreateDirectory(Path.Combine(root, "files"));
        Directory.CreateDirectory(Path.Combine(root, "lists"));
        Directory.CreateDirectory(Path.Combine(root, "temp"));
        var configuration = Path.Combine(root, "nginx.conf");
        File.WriteAllText(configuration, $$"""
            daemon off;
            worker_processes 2;
            pid {{root}}/nginx.pid;
            error_log {{root}}/error.log warn;
            {{(Environment.UserName == "root" ? "user root;" : string.Empty)}}
            events { worker_connections 1024; }
            http {
              access_log off;
              sendfile on;
              tcp_nopush on;
              keepalive_requests 1000000000;
              client_max_body_size 0;
              client_body_buffer_size 128k;
              client_body_temp_path {{root}}/temp;
              default_type application/octet-stream;
              open_file_cache max=20000 inactive=60s;
              server {
                listen 127.0.0.1:{{port.ToString(CultureInfo.InvariantCulture)}};
                location /v1/objects/ { alias {{root}}/files/; dav_methods PUT; create_full_put_path on; }
                location /v1/buckets/ {
                  add_header Ais-Bucket-Props '{}';
                  if ($request_method = HEAD) { return 200; }
                  alias {{root}}/lists/; default_type application/json;
                }
              }
            }
            """);
        var info = new ProcessStartInfo("/bin/sh", ["-c", $"PATH=$PATH:/usr/sbin exec nginx -p '{root}' -c '{configuration}' >/dev/null 2>>'{root}/error.log'"]);
        var process = Process.Start(info) ?? throw new PlaygroundException("cannot start nginx");
        return new NginxServer(root, port, process);
    }

    /// <summary>Puts the same files and their listing in place for one bucket.</summary>
    public void Fill(string bucket, IReadOnlyList<string> names, int sizeBytes)
    {
        var bytes = new byte[sizeBytes];
        new Random(1).NextBytes(bytes);
        var list = new StringBuilder("""{"uuid":"benchmark0","continuation_token":"","entries":[""");
        for (var i = 0; i < names.Count; i++)
        {
            var file = Path.Combine(root, "files", bucket, names[i]);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllBytes(file, bytes);
            list.Append(i == 0 ? string.Empty : ",").Append(CultureInfo.InvariantCulture, $$"""{"name":"{{names[i]}}","flags":64}""");
        }

        File.WriteAllText(Path.Combine(root, "lists", bucket), list.Append("],\"flags\":0}").ToString());
        Directory.CreateDirectory(Path.Combine(root, "files", bucket));
    }

    /// <summary>Removes what was put into a bucket.</summary>
    public void Empty(string bucket)
    {
        Directory.Delete(Path.Combine(root, "files", bucket), recursive: true);
        Directory.CreateDirectory(Path.Combine(root, "files", bucket));
    }

    /// <summary>CPU time of all its processes so far, in seconds.</summary>
    public double CpuSeconds() => ProcessFacts.WithChildren(process.Id).Sum(ProcessFacts.CpuSeconds);

    public async ValueTask DisposeAsync()
    {
        foreach (var pid in ProcessFacts.WithChildren(process.Id))
        {
            NodeProcess.Signal(pid, NodeProcess.SigTerm);
        }

        await process.WaitForExitAsync();
        process.Dispose();
    }
}
