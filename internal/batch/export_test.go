package batch

import "runtime"

// AwaitQueue returns when so many calls wait.
func AwaitQueue[In, Out any](g *Group[In, Out], n int) {
	for {
		g.mu.Lock()
		waiting := len(g.light.queue) + len(g.heavy.queue)
		g.mu.Unlock()
		if waiting >= n {
			return
		}
		runtime.Gosched()
	}
}
