var app = WebApplication.CreateSlimBuilder(args).Build();
app.MapGet("/", () => "hello");
await app.RunAsync();
