package ui

import "context"

// installRecorder is the recorder's part of installations.
type installRecorder struct {
	recalled   InstallRequest // what RecallInstall tells
	installEnd InstallEnd
}

func (r *recorder) RecallInstall(host string, sure bool) InstallRequest {
	r.called("recall %q", host)
	if sure && host != r.recalled.Host {
		return InstallRequest{Host: host}
	}
	return r.recalled
}

func (r *recorder) Install(_ context.Context, q InstallRequest) InstallEnd {
	r.called("install %+v", q)
	return r.installEnd
}

func (r *recorder) AnswerInstall(number int, yes bool) { r.called("answer %d with %v", number, yes) }
