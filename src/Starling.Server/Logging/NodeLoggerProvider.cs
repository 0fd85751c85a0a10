using Microsoft.Extensions.Logging;

namespace Starling.Server.Logging;

/// <summary>Gives loggers that write to a <see cref="LogSink"/>.</summary>
internal sealed class NodeLoggerProvider(LogSink sink, LogLevel minimum) : ILoggerProvider, ISupportExternalScope
{
    private IExternalScopeProvider scopes = new LoggerExternalScopeProvider();

    public ILogger CreateLogger(string categoryName) => new NodeLogger(this, Short(categoryName));

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => scopes = scopeProvider;

    public void Dispose()
    {
        // The sink outlives the loggers; whoever made it ends it.
    }

    private static string Short(string category) => category[(category.LastIndexOf('.') + 1)..];

    private sealed class NodeLogger(NodeLoggerProvider owner, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => owner.scopes.Push(state);

        public bool IsEnabled(LogLevel logLevel) => logLevel >= owner.Minimum && logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel))
            {
                return;
            }

            var fields = new List<KeyValuePair<string, object?>>();
            owner.scopes.ForEachScope(static (scope, list) => Collect(scope, list), fields);
            Collect(state, fields);
            owner.Sink.Add(new LogLine(DateTimeOffset.UtcNow, logLevel, category, formatter(state, exception), exception, fields));
        }

        private static void Collect(object? state, List<KeyValuePair<string, object?>> fields)
        {
            if (state is IEnumerable<KeyValuePair<string, object?>> named)
            {
                fields.AddRange(named);
            }
        }
    }

    private LogSink Sink => sink;

    private LogLevel Minimum => minimum;
}
