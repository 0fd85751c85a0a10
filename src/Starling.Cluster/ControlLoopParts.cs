using Starling.Core.Names;
using Starling.Protocol.Consensus;
using Starling.Protocol.Node;

namespace Starling.Cluster;

/// <summary>Makes batches durable, in order, without ever blocking the caller.</summary>
internal interface IBatchWriter : IAsyncDisposable
{
    /// <summary>Starts the writer.</summary>
    /// <param name="completed">Called, from another thread, with the token up to which everything is durable.</param>
    /// <param name="failed">Called once when the disk refused; nothing is written afterwards.</param>
    void Start(Action<long> completed, Action<Exception> failed);

    /// <summary>Adds a batch behind all earlier ones.</summary>
    void Enqueue(long token, PersistBatch batch);
}

/// <summary>Sends control messages without ever blocking the caller.</summary>
internal interface IMessageSender
{
    /// <summary>Tries to deliver a message; failures that are noticed are reported to the handler given at construction.</summary>
    void Send(string address, Envelope envelope);

    /// <summary>Asks a node on its data network whether it is there.</summary>
    Task<bool> ProbeDataAsync(NodeId node, string address, CancellationToken cancellationToken);
}
