namespace Starling.Protocol.State.Commands;

/// <summary>Marks a command of the simulator, whose logs live in memory: it has a size and no fields in bytes, and cannot be read back.</summary>
internal interface ISimulatedCommand;
