// The kubelet's own probers as a program: a line of JSON in asks for a probe, a line of JSON out is what the kubelet makes of it.
package main

import (
	"bufio"
	"encoding/json"
	"log"
	"os"
	"sync"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/probe"
	grpcprobe "k8s.io/kubernetes/pkg/probe/grpc"
	httpprobe "k8s.io/kubernetes/pkg/probe/http"
	tcpprobe "k8s.io/kubernetes/pkg/probe/tcp"
)

type question struct {
	ID        int    `json:"id"`
	PodIP     string `json:"podIP"`
	TimeoutMs int    `json:"timeoutMs"`
	// As in the manifest of a Pod.
	Probe v1.ProbeHandler `json:"probe"`
}

type answer struct {
	ID     int    `json:"id"`
	Result string `json:"result"`
	Output string `json:"output"`
	// What has the kubelet throw the result away.
	Error string `json:"error"`
}

func main() {
	var writing sync.Mutex
	questions := bufio.NewScanner(os.Stdin)
	answers := json.NewEncoder(os.Stdout)
	for questions.Scan() {
		var asked question
		if err := json.Unmarshal(questions.Bytes(), &asked); err != nil {
			log.Fatal(err)
		}
		go func() {
			result, output, err := ask(asked)
			said := answer{ID: asked.ID, Result: string(result), Output: output}
			if err != nil {
				said.Error = err.Error()
			}
			writing.Lock()
			defer writing.Unlock()
			if err := answers.Encode(said); err != nil {
				log.Fatal(err)
			}
		}()
	}
}

// As `runProbe` of pkg/kubelet/prober, with the probers that its `newProber` makes.
func ask(asked question) (probe.Result, string, error) {
	timeout := time.Duration(asked.TimeoutMs) * time.Millisecond
	switch handler := asked.Probe; {
	case handler.HTTPGet != nil:
		request, err := httpprobe.NewRequestForHTTPGetAction(handler.HTTPGet, &v1.Container{}, asked.PodIP, "probe")
		if err != nil {
			return probe.Unknown, "", err
		}
		const followNonLocalRedirects = false
		return httpprobe.New(followNonLocalRedirects).Probe(request, timeout)
	case handler.GRPC != nil:
		service := ""
		if handler.GRPC.Service != nil {
			service = *handler.GRPC.Service
		}
		return grpcprobe.New().Probe(asked.PodIP, service, int(handler.GRPC.Port), timeout)
	default:
		return tcpprobe.New().Probe(asked.PodIP, handler.TCPSocket.Port.IntValue(), timeout)
	}
}
