namespace Starling.Server.Api.Native;

/// <summary>The cluster has not started: a bare 503 with an empty body, which clients understand as "starting up".</summary>
internal sealed class NotStartedException : Exception
{
    public NotStartedException()
        : base("the cluster has not started yet")
    {
    }
}
