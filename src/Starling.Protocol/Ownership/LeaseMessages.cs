using Starling.Protocol.Node;

namespace Starling.Protocol.Ownership;

/// <summary>A target asks for its lease (rule B3). Its session is the envelope's; relayable. The lease runs from the moment of sending.</summary>
/// <param name="Number">Echoed; the sender remembers when it sent this one.</param>
public sealed record LeaseRequest(long Number) : Message;

/// <summary>The leader's answer, after it has confirmed its leadership.</summary>
/// <param name="Number">As asked.</param>
/// <param name="Granted">False: this session gets no lease.</param>
/// <param name="Index">The lease is valid once this index is applied.</param>
public sealed record LeaseResponse(long Number, bool Granted, long Index) : Message;
