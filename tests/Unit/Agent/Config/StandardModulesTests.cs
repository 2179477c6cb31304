using System.Reflection;
using Slipway.Agent.Config;
using Slipway.Shared.Modules;

namespace Tests.Unit.Agent.Config;

public class StandardModulesTests
{
    [Fact]
    public void Every_module_is_in_the_table_under_its_own_id()
    {
        var marked =
            from assembly in (Assembly[])[typeof(StandardModules).Assembly, typeof(ModuleRegistry).Assembly]
            from type in assembly.GetTypes()
            let module = type.GetCustomAttribute<ModuleAttribute>()
            where module is not null
            orderby module.Id
            select (module.Id, type);

        var table = StandardModules.Register(new ModuleRegistry());
        var registered = table.All.Select(module => (module.Id.Value, module.Type));

        Assert.Equal(marked, registered);
    }
}
