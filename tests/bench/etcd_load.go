// A load on etcd with its own client, as load.h makes one on our nodes: every client has one put outstanding.
// Compiled by the bench itself when it is asked for (peers.py). One JSON line.
//
//	etcd_load -endpoint HOST:PORT -clients N [-gateway] [-connections N] [-bytes N] [-warm S] [-seconds S]
//
// Keys are all different; values have the size of a statement. -gateway goes through etcd's HTTP gateway
// (JSON, base64) with one keep-alive connection for each client, instead of gRPC.
package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"os"
	"sort"
	"sync"
	"syscall"
	"time"

	"go.etcd.io/etcd/clientv3"
)

var (
	endpoint    = flag.String("endpoint", "", "of the leader")
	clients     = flag.Int("clients", 1, "puts outstanding")
	connections = flag.Int("connections", 8, "gRPC connections that they share")
	size        = flag.Int("bytes", 477, "of a value")
	warm        = flag.Float64("warm", 1, "seconds that do not count")
	seconds     = flag.Float64("seconds", 4, "that count")
	gateway     = flag.Bool("gateway", false, "through the HTTP gateway")
)

func fail(err error) {
	fmt.Fprintln(os.Stderr, "etcd_load:", err)
	os.Exit(1)
}

func cpuSeconds() float64 {
	var usage syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	of := func(t syscall.Timeval) float64 { return float64(t.Sec) + 1e-6*float64(t.Usec) }
	return of(usage.Utime) + of(usage.Stime)
}

type put func(key, value string) error

func throughClient() []put {
	made := []put{}
	for i := 0; i < *connections; i++ {
		client, err := clientv3.New(clientv3.Config{Endpoints: []string{*endpoint}, DialTimeout: 5 * time.Second})
		if err != nil {
			fail(err)
		}
		made = append(made, func(key, value string) error {
			_, err := client.Put(context.Background(), key, value)
			return err
		})
	}
	return made
}

func throughGateway() []put {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: *clients, MaxConnsPerHost: *clients}}
	encode := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	return []put{func(key, value string) error {
		body, _ := json.Marshal(map[string]string{"key": encode(key), "value": encode(value)})
		answer, err := client.Post("http://"+*endpoint+"/v3/kv/put", "application/json", bytes.NewReader(body))
		if err != nil {
			return err
		}
		io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		if answer.StatusCode != 200 {
			return fmt.Errorf("status %d", answer.StatusCode)
		}
		return nil
	}}
}

func main() {
	flag.Parse()
	ways := []put{}
	if *gateway {
		ways = throughGateway()
	} else {
		ways = throughClient()
	}
	random := rand.New(rand.NewSource(time.Now().UnixNano()))
	value := make([]byte, *size)
	for i := range value {
		value[i] = byte(' ' + random.Intn(90))
	}
	prefix := fmt.Sprintf("statement/%x/", time.Now().UnixNano())
	begin := time.Now().Add(time.Duration(*warm * float64(time.Second)))
	end := begin.Add(time.Duration(*seconds * float64(time.Second)))
	times := make([][]float64, *clients)
	var all sync.WaitGroup
	var cpu float64
	go func() {
		time.Sleep(time.Until(begin))
		cpu = cpuSeconds()
	}()
	for c := 0; c < *clients; c++ {
		all.Add(1)
		go func(c int) {
			defer all.Done()
			for n := 0; ; n++ {
				sent := time.Now()
				if sent.After(end) {
					return
				}
				if err := ways[c%len(ways)](fmt.Sprintf("%s%d/%d", prefix, c, n), string(value)); err != nil {
					fail(err)
				}
				if done := time.Now(); done.After(begin) && done.Before(end) {
					times[c] = append(times[c], 1e3*done.Sub(sent).Seconds())
				}
			}
		}(c)
	}
	all.Wait()
	used := cpuSeconds() - cpu
	every := []float64{}
	for _, of := range times {
		every = append(every, of...)
	}
	sort.Float64s(every)
	if len(every) == 0 {
		fail(fmt.Errorf("no put was answered"))
	}
	fmt.Printf("{\"puts\": %d, \"per_second\": %f, \"p50_ms\": %f, \"p99_ms\": %f, \"cpu_seconds\": %f}\n", len(every),
		float64(len(every))/ *seconds, every[len(every)/2], every[len(every)*99/100], used)
}
