using Starling.Server.Api.Native;
using Starling.Server.Hosting;

return await NodeProgram.RunAsync(args, Console.Out, Console.Error, NativeNodeApi.CreateAsync);
