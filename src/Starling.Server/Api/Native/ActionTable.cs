using System.Collections.Frozen;

namespace Starling.Server.Api.Native;

/// <summary>Handles one action message.</summary>
internal delegate Task ActionHandler(ApiCall call, ActionMessage message);

/// <summary>Action to handler, for one route. What the interface knows and this version does not offer is listed too, and answered 501.</summary>
internal sealed class ActionTable
{
    private readonly FrozenDictionary<string, ActionHandler> handlers;

    public ActionTable(IEnumerable<KeyValuePair<string, ActionHandler>> offered, params IEnumerable<string> notOffered)
    {
        handlers = offered
            .Concat(notOffered.Select(action => new KeyValuePair<string, ActionHandler>(action, NotOffered)))
            .ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <summary>The actions that the table knows.</summary>
    public IEnumerable<string> Actions => handlers.Keys;

    /// <summary>Reads the message of a request and runs its handler.</summary>
    public async Task DispatchAsync(ApiCall call) => await DispatchAsync(call, await call.ReadActionAsync());

    /// <summary>Runs the handler of a message.</summary>
    /// <exception cref="ApiException">Unknown action: 400; known and not offered: 501.</exception>
    public Task DispatchAsync(ApiCall call, ActionMessage message) => handlers.TryGetValue(message.Action, out var handler)
        ? handler(call, message)
        : throw ApiException.Invalid($"invalid action \"{message.Action}\"");

    private static Task NotOffered(ApiCall call, ActionMessage message) => throw ApiException.NotImplemented($"action \"{message.Action}\"");
}
