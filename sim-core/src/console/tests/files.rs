//! Files and text: the shell's own commands.

use expect_test::expect;

use super::bench::Bench;

#[test]
fn a_here_document_writes_a_file() {
    let mut bench = Bench::empty();
    bench.check(
        "cat > notes/a.txt <<'EOF'\nfirst $HOME `x`\n  second\nEOF\ncat notes/a.txt",
        &expect![[r#"
        first $HOME `x`
          second
    "#]],
    );
    bench.check(
        "cat <<EOF | tee b.txt | wc -l\none\ntwo\nEOF",
        &expect![[r#"
        2
    "#]],
    );
    bench.check(
        "cat > c.txt <<EOF\nno end",
        &expect![[r#"
        ! bash: here-document delimited by end-of-file (wanted `EOF')
        status 2
    "#]],
    );
    bench.check(
        "ls -l; ls notes none",
        &expect![[r#"
        -rw-r--r--       8 b.txt
        -rw-r--r--     641 blue.yaml
        -rw-r--r--     740 mesh.yaml
        drwxr-xr-x    4096 notes
        -rw-r--r--     134 service.yaml
        notes:
        a.txt
        ! ls: cannot access 'none': No such file or directory
        status 2
    "#]],
    );
}

#[test]
fn a_file_of_several_lines_can_be_written_by_a_line() {
    let mut bench = Bench::empty();
    bench.run(r"echo -n $'a: 1\nb: \'x\'\n' > two.yaml");
    assert_eq!(bench.file("two.yaml"), Some("a: 1\nb: 'x'\n"));
}

#[test]
fn files_are_copied_moved_and_removed() {
    let mut bench = Bench::empty();
    bench.check(
        "mkdir old && cp service.yaml old/ && mv mesh.yaml old/m.yaml && ls . old",
        &expect![[r#"
        .:
        blue.yaml
        old
        service.yaml

        old:
        m.yaml
        service.yaml
    "#]],
    );
    bench.check(
        "rm old/*.yaml service.yml; rm -rf old; ls",
        &expect![[r#"
        blue.yaml
        service.yaml
        ! rm: cannot remove 'service.yml': No such file or directory
    "#]],
    );
    bench.check("touch x y && rm x && echo -n hi >> y && cat y", &expect!["hi"]);
    bench.check(
        "cp blue.yaml; cp none a; cp blue.yaml blue.yaml; rm none; cat none",
        &expect![[r#"
        ! cp: missing destination file operand after 'blue.yaml'
        ! cp: cannot stat 'none': No such file or directory
        ! cp: 'blue.yaml' and 'blue.yaml' are the same file
        ! rm: cannot remove 'none': No such file or directory
        ! cat: none: No such file or directory
        status 1
    "#]],
    );
    bench.check(
        "cat ../secret /etc/passwd; echo x > /etc/passwd; echo x > ../a",
        &expect![[r#"
        ! cat: ../secret: No such file or directory
        ! cat: /etc/passwd: No such file or directory
        ! bash: /etc/passwd: only files of the workspace can be written
        ! bash: ../a: only files of the workspace can be written
        status 1
    "#]],
    );
}

#[test]
fn text_is_filtered() {
    let mut bench = Bench::empty();
    bench.check(
        "grep -n 'image\\|replicas' blue.yaml",
        &expect![[r#"
        7:  replicas: 2
        16:          image: myorg/myapp:v1
    "#]],
    );
    bench.check(
        "grep -c version *.yaml",
        &expect![[r#"
        blue.yaml:3
        mesh.yaml:2
        service.yaml:0
    "#]],
    );
    bench.check(
        "grep -A1 -B1 replicas blue.yaml; grep -E '^(kind|spec):$' service.yaml",
        &expect![[r#"
        spec:
          replicas: 2
          selector:
        spec:
    "#]],
    );
    bench.check(
        "grep -q nothing blue.yaml || echo none",
        &expect![[r#"
        none
    "#]],
    );
    bench.check(
        "grep '[' blue.yaml; grep -Z x blue.yaml; grep",
        &expect![[r#"
        ! grep: Invalid regular expression
        ! grep: invalid option -- 'Z'
        ! Usage: grep [OPTION]... PATTERNS [FILE]...
        status 2
    "#]],
    );
    bench.check(
        "head -n 2 blue.yaml service.yaml; tail -n +9 service.yaml; tail -1 blue.yaml",
        &expect![[r#"
        ==> blue.yaml <==
        apiVersion: apps/v1
        kind: Deployment

        ==> service.yaml <==
        apiVersion: v1
        kind: Service
                    limits: {cpu: 500m, memory: 1Gi}
    "#]],
    );
    bench.check(
        "wc service.yaml; wc -l service.yaml mesh.yaml; wc -l < service.yaml",
        &expect![[r#"
          7  16 134 service.yaml
          7 service.yaml
         33 mesh.yaml
         40 total
        7
    "#]],
    );
    bench.check(
        "echo 'b\na\nb' | sort -u; echo '10\n9' | sort -rn",
        &expect![[r#"
        a
        b
        10
        9
    "#]],
    );
    bench.check("sed 's#myorg/\\(.*\\):v1#other/\\1:v2#' blue.yaml | grep image; sed -n 2p blue.yaml; sed x", &expect![[r#"
                  image: other/myapp:v2
        kind: Deployment
        ! sed: -e expression #1: cannot read `x'; write s/PATTERN/TEXT/, /PATTERN/d or Nd
        status 1
    "#]]);
    bench.check("cp service.yaml s2.yaml; sed -i -e 's/80/90/g' s2.yaml; diff service.yaml s2.yaml; diff -u service.yaml s2.yaml", &expect![[r#"
        7c7
        <   ports: [{port: 80, targetPort: 8080}]
        ---
        >   ports: [{port: 90, targetPort: 9090}]
        --- service.yaml
        +++ s2.yaml
        @@ -4,4 +4,4 @@
           name: my-app-service
         spec:
           selector: {app: my-app}
        -  ports: [{port: 80, targetPort: 8080}]
        +  ports: [{port: 90, targetPort: 9090}]
        status 1
    "#]]);
    bench.check(
        "cat -n service.yaml | head -1; pwd; true && echo yes; false || echo no",
        &expect![[r#"
             1	apiVersion: v1
        /workspace
        yes
        no
    "#]],
    );
}

#[test]
fn history_lists_the_commands_of_the_run() {
    let mut bench = Bench::empty();
    bench.run("echo one");
    assert_eq!(bench.run("history").stdout, "    1  echo one\n    2  history\n");
}

#[test]
fn files_have_limits() {
    let mut bench = Bench::empty();
    let line = "x".repeat(1000);
    bench.run(&format!("echo {line} > big"));
    for _ in 0..12 {
        bench.run("cat big big > bigger && mv bigger big");
    }
    assert!(bench.file("big").unwrap().len() <= crate::console::files::FILE_MAX);
    bench.check(
        "cat big big > huge; cat big big big | wc -c",
        &expect![[r#"
        768768
        ! bash: huge: File too large (more than 262144 bytes)
    "#]],
    );
    let long = format!("echo {}", "x".repeat(crate::console::LINE_MAX));
    bench.check(
        &long,
        &expect![[r#"
        ! bash: the line is longer than 262144 bytes
        status 2
    "#]],
    );
}

/// A short line can name much.
#[test]
fn what_is_named_again_and_again_is_not_read_without_end() {
    let mut bench = Bench::empty();
    bench.run(&format!("echo {} > big", "x".repeat(200_000)));
    bench.check(
        &format!("cat {} | wc -c", "big ".repeat(20)),
        &expect![[r#"
        1048630
        ! cat: big: Cannot allocate memory
    "#]],
    );
    let line = format!("kubectl apply --dry-run=client -f {}", ["big"; 20].join(","));
    bench.check(
        &line,
        &expect![[r#"
        ! error: big: Cannot allocate memory
        status 1
    "#]],
    );
    bench.check(
        &format!("echo {}", "* ".repeat(100_000)),
        &expect![[r#"
        ! bash: Argument list too long
        status 126
    "#]],
    );
    bench.check(
        "kubectl get ns,ns,ns; kubectl get ns default default -o name",
        &expect![[r#"
        NAME              STATUS   AGE
        default           Active   60m
        istio-system      Active   60m
        kube-node-lease   Active   60m
        kube-public       Active   60m
        kube-system       Active   60m
        namespace/default
    "#]],
    );
    bench.check(
        "grep -c . blue.yaml; grep -A 18446744073709551615 -B 1 kind service.yaml | wc -l",
        &expect![[r#"
            24
            7
        "#]],
    );
}
