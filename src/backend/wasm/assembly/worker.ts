// The loop of a thread. Threads of one pool share a control block (control.ts has the same offsets on the host side).
//
// The ring holds addresses of programs: u32 number of phases, then 4 words a phase: entry (index in the table), tasks,
// args, 0. One thread at a time, the leader, publishes a phase: it writes entry, tasks and args and then the ticket =
// (generation << 32 | tasks left). Any thread takes a task by compare-and-swap on the ticket; that succeeds only
// if what it read before belongs to this generation. Who finishes the last task of a phase is the leader of the next one.
// Thus no thread waits for another one that sleeps, and a command of one task costs no barrier.

const TICKET: usize = 0;
const PENDING: usize = 64;
const WAKE: usize = 128;
const SLEEPERS: usize = 132;
const RUNNING: usize = 192;
const STOP: usize = 196;
const HEAD: usize = 256;
const DONE: usize = 260;
const WANTED: usize = 264;
const SIGNAL: usize = 268;
const ENTRY: usize = 320;
const TASKS: usize = 324;
const ARGS: usize = 328;
const PROGRAM: usize = 332;
const PHASE: usize = 336;
const RING: usize = 1024;
const RING_MASK: i32 = 1023;

/** Looks for work this often before it sleeps: about 20 microseconds. */
const SPINS: i32 = 4000;

/** 1 while this thread runs a task, so that the host can tell a trap of a kernel from a defect of this loop. */
let inTask: i32 = 0;
export function failedInTask(): i32 {
  return inTask;
}

function wake(control: usize, count: i32): void {
  atomic.add<i32>(control + WAKE, 1);
  if (atomic.load<i32>(control + SLEEPERS) > 0) atomic.notify(control + WAKE, count);
}

/** Publishes the next phase, or nothing if there is no more work. Called by the leader. */
function advance(control: usize): void {
  for (;;) {
    const program = load<usize>(control, PROGRAM);
    if (program) {
      const phase = load<i32>(control, PHASE);
      if (phase < load<i32>(program)) {
        const step = program + 16 + 16 * <usize>phase;
        const tasks = load<i32>(step, 4);
        store<i32>(control, load<i32>(step), ENTRY);
        store<i32>(control, tasks, TASKS);
        store<i32>(control, load<i32>(step, 8), ARGS);
        store<i32>(control, phase + 1, PHASE);
        atomic.store<i32>(control + PENDING, tasks);
        const generation = (atomic.load<u64>(control + TICKET) >> 32) + 1;
        atomic.store<u64>(control + TICKET, (generation << 32) | <u64>tasks);
        if (tasks > 1) wake(control, tasks - 1);
        return;
      }
      store<usize>(control, 0, PROGRAM);
      const done = atomic.add<i32>(control + DONE, 1) + 1;
      if (done - atomic.load<i32>(control + WANTED) >= 0) {
        atomic.add<i32>(control + SIGNAL, 1);
        atomic.notify(control + SIGNAL, 1);
      }
    }
    const done = atomic.load<i32>(control + DONE);
    if (done != atomic.load<i32>(control + HEAD)) {
      store<i32>(control, 0, PHASE);
      store<usize>(control, load<usize>(control + RING + 4 * <usize>(done & RING_MASK)), PROGRAM);
    } else {
      atomic.store<i32>(control + RUNNING, 0);
      // The host may have added a command before it could see that nobody runs.
      if (!lead(control)) return;
    }
  }
}

/** True if there is work, nobody runs, and this thread has become the leader. */
function lead(control: usize): bool {
  return (
    atomic.load<i32>(control + RUNNING) == 0 &&
    atomic.load<i32>(control + HEAD) != atomic.load<i32>(control + DONE) &&
    atomic.cmpxchg<i32>(control + RUNNING, 0, 1) == 0
  );
}

/** Counts a task as done; the last one of a phase goes on to the next. */
export function finishTask(control: usize): void {
  inTask = 0;
  if (atomic.sub<i32>(control + PENDING, 1) == 1) advance(control);
}

/** Runs tasks until STOP is set. After a trap the host calls `finishTask`, then this again. */
export function work(control: usize): void {
  let spins = 0;
  while (atomic.load<i32>(control + STOP) == 0) {
    const wakeCount = atomic.load<i32>(control + WAKE);
    const ticket = atomic.load<u64>(control + TICKET);
    const left = <i32>ticket;
    if (left > 0) {
      const entry = load<i32>(control, ENTRY);
      const task = load<i32>(control, TASKS) - left;
      const args = load<usize>(control, ARGS);
      if (atomic.cmpxchg<u64>(control + TICKET, ticket, ticket - 1) == ticket) {
        inTask = 1;
        call_indirect<void>(entry, task, args);
        finishTask(control);
      }
      spins = 0;
    } else if (lead(control)) {
      advance(control);
      spins = 0;
    } else if (spins < SPINS) spins++;
    else {
      atomic.add<i32>(control + SLEEPERS, 1);
      atomic.wait<i32>(control + WAKE, wakeCount, -1);
      atomic.sub<i32>(control + SLEEPERS, 1);
      spins = 0;
    }
  }
}
