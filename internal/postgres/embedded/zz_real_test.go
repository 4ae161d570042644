package embedded
import ("testing";"net/http";"net/http/httptest";"path/filepath";"time")
func TestZZReal(t *testing.T){
 srv:=httptest.NewServer(http.FileServer(http.Dir("/tmp/npmpg/repo"))); defer srv.Close()
 for _,v:=range []string{"17.6.0","18.3.0"}{
  dir:=filepath.Join(t.TempDir(),"d")
  b:=time.Now()
  s:=setup(t,Config{Dir:dir,stateRoot:openDir(t),DownloadURL:srv.URL,Version:v,places:[]string{}})
  t.Log(v,"first",time.Since(b),s.BinDir())
  for _,q:=range []string{"select version()","show data_checksums","select upper('ção')","select datlocprovider::text||' '||coalesce(datlocale,'')||' '||datcollate||' '||datctype from pg_database where datname='peneira'"}{ t.Log(query(t,s.URL(),q)) }
  stop(t,s); b=time.Now()
  s=setup(t,Config{Dir:dir,Version:v,DownloadURL:srv.URL,places:[]string{}})
  t.Log("second",time.Since(b)); stop(t,s)
  s=setup(t,Config{Dir:openDir(t),BinDir:s.BinDir(),Throwaway:true}); stop(t,s)
 }
}
