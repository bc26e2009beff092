export function work(control: usize): void {
  while (atomic.load<i32>(control) == 0) atomic.wait<i32>(control, 0, -1);
}
