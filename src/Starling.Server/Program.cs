using Starling.Server.Hosting;

return await NodeProgram.RunAsync(args, Console.Out, Console.Error, BareApi.CreateAsync);
