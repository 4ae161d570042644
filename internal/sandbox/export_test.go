package sandbox

// PIDs returns the process ids of the children that are ready.
func (p *Pool) PIDs() []int {
	p.mu.Lock()
	defer p.mu.Unlock()
	var pids []int
	for s := range p.children {
		pids = append(pids, s.cmd.Process.Pid)
	}
	return pids
}
