using System.Reflection;
using Starling.Simulation.Scripts;
using Xunit;

namespace Starling.Tests.Simulation.Scripts;

public sealed class EveryScriptTests
{
    [Fact]
    public void Every_script_of_the_catalog_is_a_test_of_its_name()
    {
        var tests = typeof(EveryScriptTests).Assembly.GetTypes()
            .Where(t => t.Namespace == typeof(EveryScriptTests).Namespace)
            .SelectMany(t => t.GetMethods())
            .Where(m => m.GetCustomAttribute<FactAttribute>() is not null && m.DeclaringType != typeof(EveryScriptTests))
            .Select(m => m.Name)
            .Order(StringComparer.Ordinal);
        Assert.Equal(ScriptCatalog.Names.Order(StringComparer.Ordinal), tests);
    }
}
