// Every export has the form (task: i32, args: usize): void, `args` being the address of f64 arguments (program.ts).
export * from "./elementwise";
