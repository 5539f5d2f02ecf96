// SPDX-License-Identifier: GPL-3.0-or-later

// A Flamenco 3 job type: one task a photo, each `blender --command smplify fit`. See docs/headless.md.
// Put this file into the folder `scripts` beside the flamenco-manager executable.

const JOB_TYPE = {
    label: "SMPLify: Photos to Rigs",
    description: "Fit the people of every photo of a folder; one .blend a photo",
    settings: [
        {
            key: "photo_folder", type: "string", subtype: "dir_path", required: true,
            description: "Folder of photos, each with its keypoint file beside it or in keypoints/; the workers have to see it",
        },
        {
            key: "output_folder", type: "string", subtype: "dir_path", required: true,
            description: "Folder that gets NAME.blend and NAME_fit/ for each photo; the workers have to see it",
        },
        // The Manager sees no files: the list is made in Blender when the job is submitted.
        {
            key: "photos", type: "string", required: true, visible: "web",
            eval: "'|'.join(sorted(p.name for p in Path(bpy.path.abspath(settings.photo_folder)).iterdir() "
                + "if p.is_file() and not p.name.startswith('.') "
                + "and p.suffix.lower() in {'.jpg', '.jpeg', '.png', '.webp', '.tif', '.tiff', '.bmp'}))",
            description: "Names of the photos, separated by |; found in the folder when the job is submitted",
        },
        {
            key: "person", type: "string", default: "", description: "Who is fitted: empty for the main person, a number, or all",
        },
        {
            key: "gender", type: "string", default: "neutral", choices: ["neutral", "female", "male", "child"],
            description: "Which variant of the body",
        },
        { key: "render", type: "bool", default: true, description: "Also render the figures over each photo: NAME.png" },
        { key: "glb", type: "bool", default: false, description: "Also export NAME.glb" },
        { key: "fbx", type: "bool", default: false, description: "Also export NAME.fbx" },
        { key: "bake_shape", type: "bool", default: false, description: "Exports without shape keys" },
        {
            key: "fit_options", type: "string", default: "",
            description: "More options of the fit, separated by spaces, for example: --takes 3 --focal-mm35 50",
        },
    ],
};

function compileJob(job) {
    const settings = job.settings;
    const photos = settings.photos.split("|").filter((name) => name.length > 0);
    if (photos.length === 0) {
        throw new Error("There is no photo in " + settings.photo_folder);
    }
    const names = outputNames(photos);
    photos.forEach((photo, index) => job.addTask(authorFitTask(settings, photo, names[index])));
}

function authorFitTask(settings, photo, name) {
    const out = (ending) => path.join(settings.output_folder, name + ending);
    let args = [
        "--command", "smplify", "fit", path.join(settings.photo_folder, photo),
        "--out", out(".blend"), "--results", out("_fit"), "--gender", settings.gender,
    ];
    if (settings.person) args = args.concat(["--person", settings.person]);
    if (settings.render) args = args.concat(["--render", out(".png")]);
    if (settings.glb) args = args.concat(["--glb", out(".glb")]);
    if (settings.fbx) args = args.concat(["--fbx", out(".fbx")]);
    if (settings.bake_shape) args.push("--bake-shape");
    if (settings.fit_options) args = args.concat(settings.fit_options.split(/\s+/).filter((word) => word.length > 0));

    const task = author.Task("fit " + photo, "blender");
    task.addCommand(author.Command("exec", { exe: "{blender}", args: args }));
    return task;
}

// Each photo's name without its ending, with it where two photos share it: the rule of `smplify batch`.
function outputNames(photos) {
    const stem = (name) => name.replace(/\.[^.]+$/, "");
    const counts = {};
    for (const name of photos) {
        const key = stem(name).toLowerCase();
        counts[key] = (counts[key] || 0) + 1;
    }
    return photos.map((name) => (counts[stem(name).toLowerCase()] === 1 ? stem(name) : name));
}
